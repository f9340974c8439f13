"""Real headless Chromium before the gate and its pages."""
