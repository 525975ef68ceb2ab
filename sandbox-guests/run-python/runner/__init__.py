"""Checks the syntax of Python code, runs it, and reports both."""
