"""Questions as sheets to look at, and whether answers to them are right.

Pure: views in, PNG and text out. `gateway preview` writes the files.
"""
