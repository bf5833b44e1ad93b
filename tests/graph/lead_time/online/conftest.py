"""The online model needs numba and scikit-learn; without them its tests are not collected."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("numba") and find_spec("sklearn") else ["test_parts.py", "test_history.py"]
