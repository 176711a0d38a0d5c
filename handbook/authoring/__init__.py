"""A file in, a clean checked document out, signed content published."""
