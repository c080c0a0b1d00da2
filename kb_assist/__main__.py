"""``python -m kb_assist``."""

from kb_assist.cli.main import cli

if __name__ == "__main__":
    cli(prog_name="kb-assist")
