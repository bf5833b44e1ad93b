"""Report pages: self-contained HTML rendered from numbers."""
