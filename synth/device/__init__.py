"""Output devices: listing, opening, feeding and replacing them."""
