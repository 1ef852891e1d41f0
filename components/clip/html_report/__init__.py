"""HTML report: one self-contained file with audio, picture, events and settings."""

from components.clip.html_report.write import report_file

__all__ = ["report_file"]
