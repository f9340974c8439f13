"""The page in every state, before a double of the gate that answers as told."""
