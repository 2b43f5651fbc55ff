"""What one plays with: keyboard, transport, scope and spectrum."""
