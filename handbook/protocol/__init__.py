"""What crosses the wire: bytes in, checked records out. No network, no disk."""
