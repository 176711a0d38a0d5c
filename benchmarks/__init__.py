"""What the design asks to be measured, against a floor or a peer in the same run. No test asserts these numbers."""
