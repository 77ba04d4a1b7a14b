"""Other record stores: statements are forwarded to some and pulled from others."""
