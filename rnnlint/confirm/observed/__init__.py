"""What the user's own code built in the worker (`--build`), and what that says of the findings."""
