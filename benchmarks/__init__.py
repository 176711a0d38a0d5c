"""Measures what the design asks for, against a floor or a peer in the same run. No test asserts a number."""
