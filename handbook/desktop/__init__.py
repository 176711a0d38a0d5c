"""The desktop program. The only package that knows PySide6."""

from pathlib import Path

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
"""Icons, translations and templates; beside the package in the source tree and in the built program."""
