"""Parts of drawn stories, each with draws of its own, so that one does not change what the others draw."""
