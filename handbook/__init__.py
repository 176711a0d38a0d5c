"""The electronic Party-member handbook: desktop, server and authoring in one package."""

__version__ = "0.1.0"
