"""``malha report`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli.report import _percents
from tests.api.plans import write_plan_placeholder
