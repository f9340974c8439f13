"""What is kept about people for a while: found again by keyed marks, and forgotten when asked."""
