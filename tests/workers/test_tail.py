"""The end of a log, as a page shows it."""

from workers.tasks.tail import log_tail


def test_the_end_of_a_log_begins_with_a_whole_line_and_has_no_colours(tmp_path):
    log = tmp_path / "log"
    log.write_text("first\n\x1b[1mLOAD REPORT\x1b[0m from here\n")
    assert log_tail(log) == "first\nLOAD REPORT from here\n"
    assert log_tail(log, most=33) == "LOAD REPORT from here\n"
    assert log_tail(tmp_path / "none") == ""
