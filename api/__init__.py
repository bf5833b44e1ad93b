"""Every way in: the command line, files, reports."""
