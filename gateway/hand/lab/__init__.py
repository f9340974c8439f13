"""The laboratory: makes the weights that `gateway.hand.model` scores with, and reports on them."""
