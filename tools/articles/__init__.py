"""What draws the pictures of docs/moments.md and docs/budget.md."""
