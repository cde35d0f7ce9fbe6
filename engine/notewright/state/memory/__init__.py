"""What lies where in the process's memory, and which pages were written."""
