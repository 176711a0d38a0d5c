"""The nouns of the handbook and their rules: no input or output, no clock, no randomness, no toolkit."""
