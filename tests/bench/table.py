# SPDX-License-Identifier: MIT
"""table.py - figures as aligned text."""
import statistics


def show(title, columns, rows, notes=()):
    """Prints a table: the first column to the left, the others to the right."""
    cells = [list(columns)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        line = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  " + "  ".join(line).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    for note in notes:
        print(f"  {note}")
    print(flush=True)


def median(values):
    """The median of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def number(value, form="{:.1f}"):
    """A figure, or a dash where there is none."""
    return "-" if value is None else form.format(value)


def line_through(points):
    """Least squares: (slope, intercept)."""
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points])
