"""Runs the demo's command line."""

from deploy.demo.command import demo

demo(prog_name="python -m deploy.demo")
