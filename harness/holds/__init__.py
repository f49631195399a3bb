"""What gets in the way: profiles of holds, and drawing holds from them."""
