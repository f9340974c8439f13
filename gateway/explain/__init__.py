"""Why a request was decided as it was, and what would have changed it: pure."""
