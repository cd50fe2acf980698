"""Small charts as SVG, readable on light and on dark ground."""

STYLE = """<style>
text{font:12px system-ui,sans-serif;fill:#57606a}.t{font-weight:600;fill:#24292f}.a{stroke:#8c959f;fill:none}
.g{stroke:#8c959f;stroke-opacity:.25;fill:none}.l{fill:none;stroke-width:1.6}.p{fill:none;stroke-width:4;stroke-linecap:round}
@media(prefers-color-scheme:dark){text{fill:#9ea7b0}.t{fill:#e6edf3}}
</style>"""

# Chosen to stand out on white and on black.
COLOURS = {"blue": "#3b82f6", "orange": "#ea8a1f", "green": "#2fa35c", "red": "#e5484d", "violet": "#9b6bdf", "grey": "#8c959f"}


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Panel:
    """A pair of axes at a place of the picture. `x` and `y` are the ranges shown."""

    def __init__(self, left: float, top: float, width: float, height: float, x: tuple, y: tuple, title: str):
        self.left, self.top, self.width, self.height = left, top, width, height
        self.x, self.y = x, y
        self.parts = [f'<text class="t" x="{left}" y="{top - 12}">{title}</text>']

    def px(self, x: float) -> float:
        return self.left + (x - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def py(self, y: float) -> float:
        held = min(max(y, self.y[0]), self.y[1])
        return self.top + self.height - (held - self.y[0]) / (self.y[1] - self.y[0]) * self.height

    def axes(self, xs: list, ys: list, x_name: str):
        for y in ys:
            self.parts.append(f'<path class="g" d="M{number(self.left)} {number(self.py(y))}h{number(self.width)}"/>')
            self.parts.append(
                f'<text x="{number(self.left - 6)}" y="{number(self.py(y) + 4)}" text-anchor="end">{number(y)}</text>')
        bottom = self.top + self.height
        for x in xs:
            self.parts.append(f'<text x="{number(self.px(x))}" y="{bottom + 16}" text-anchor="middle">{number(x)}</text>')
        self.parts.append(f'<path class="a" d="M{self.left} {self.top}v{self.height}h{self.width}"/>')
        self.parts.append(f'<text x="{self.left + self.width}" y="{bottom + 32}" text-anchor="end">{x_name}</text>')

    def band(self, start: float, end: float, text: str):
        x = self.px(start)
        self.parts.append(
            f'<rect x="{number(x)}" y="{self.top}" width="{number(self.px(end) - x)}" height="{self.height}" '
            f'fill="#8c959f" fill-opacity=".14"/><text x="{number((x + self.px(end)) / 2)}" y="{self.top + 14}" '
            f'text-anchor="middle">{text}</text>')

    def level(self, y: float, colour: str, text: str):
        self.parts.append(
            f'<path class="l" stroke="{COLOURS[colour]}" stroke-dasharray="5 4" d="M{self.left} {number(self.py(y))}'
            f'h{self.width}"/><text x="{self.left + self.width - 4}" y="{number(self.py(y) - 5)}" text-anchor="end">{text}</text>')

    def points(self, points: list, colour: str):
        path = "".join(f"M{number(self.px(x))} {number(self.py(y))}h0" for x, y in points)
        self.parts.append(f'<path class="p" stroke="{COLOURS[colour]}" d="{path}"/>')

    def bars(self, stacks: list, width: float, colours: list):
        """Stacked bars: each of `stacks` is (x, [heights]), coloured in order; `width` is in units of x."""
        wide = number(self.px(self.x[0] + width) - self.left)
        for place, colour in enumerate(colours):
            path = ""
            for x, heights in stacks:
                low, high = self.py(sum(heights[:place])), self.py(sum(heights[: place + 1]))
                if low - high >= 0.05:
                    path += f"M{number(self.px(x - width / 2))} {number(low)}h{wide}V{number(high)}h-{wide}z"
            if path:
                self.parts.append(f'<path fill="{COLOURS[colour]}" d="{path}"/>')

    def legend(self, items: list):
        """Names with their colours, in a row below the axes."""
        x = self.left
        y = self.top + self.height + 32
        for text, colour in items:
            self.parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{COLOURS[colour]}"/>')
            self.parts.append(f'<text x="{x + 14}" y="{y}">{text}</text>')
            x += 26 + 6.6 * len(text)


def write(path: str, width: int, height: int, description: str, panels: list):
    """Writes a picture; `description` is what a screen reader says."""
    parts = "\n".join(part for panel in panels for part in panel.parts)
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-label="{description}">\n<title>{description}</title>\n{STYLE}\n{parts}\n</svg>\n')
