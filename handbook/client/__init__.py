"""The whole handbook without a screen: a script could be the product."""
