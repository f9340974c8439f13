"""What an app gives the gate with its requests: whom it knows the caller as, which kind to ask."""
