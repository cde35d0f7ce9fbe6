"""matplotlib."""

from __future__ import annotations

from kinds.kind import Kind

_F = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt, numpy as np\n"
_SHOWN = "(lambda b: (x.savefig(b, format='rgba', dpi=40), __import__('hashlib').sha256(b.getvalue()).hexdigest())[1])(__import__('io').BytesIO())"


def _kind(name: str, make: str, check: str = "", **more: str | bool) -> Kind:
    return Kind(name, _F + make, check, **{"expect": _SHOWN, "stable": False, **more})  # type: ignore[arg-type]


KINDS = [
    _kind(
        "figure",
        "x = plt.figure(); plt.close(x); ax = x.subplots(); line, = ax.plot([1, 3, 2], label='a'); ax.legend(); ax.set_title('t')",
        "assert x.axes[0] is ax and ax.lines[0] is line and line.figure is x\nline.set_ydata([9, 9, 9])\nassert x.axes[0].lines[0].get_ydata() == [9, 9, 9]",
        change="line.set_color('r')",
        changes="x ax line",
    ),
    _kind(
        "drawn figure",
        "x = plt.figure(); plt.close(x); a = x.subplots(1, 2, sharey=True); a[0].scatter([1, 2], [3, 4]); im = a[1].imshow(np.eye(3)); x.colorbar(im); x.canvas.draw()",
        "assert a[0].get_shared_y_axes().joined(a[0], a[1]) and im.axes is a[1]",
        change="im.set_clim(0, 5)",
        changes="x im",
    ),
    _kind(
        "three dimensions, bars, text",
        "x = plt.figure(); plt.close(x); ax = x.add_subplot(projection='3d'); ax.plot([0, 1], [0, 1], [0, 1]); b = x.add_subplot(); b.bar(['u', 'v'], [1, 2]); x.text(.5, .5, 'hi')",
        change="b.set_xlim(0, 9)",
        changes="x b",
    ),
    _kind(
        "figure under pyplot",
        "x = plt.figure(); plt.plot([1, 2])",
        "assert x.axes[0].lines[0].get_ydata().tolist() == [1, 2]",
    ),
    _kind(
        "colours, norms, styles",
        "x = plt.get_cmap('viridis'), plt.Normalize(0, 2), matplotlib.ticker.FuncFormatter(lambda v, p: 'n')",
        "assert x[0](0.5) == __import__('matplotlib').colormaps['viridis'](0.5) and x[1](1) == .5 and x[2](1, 0) == 'n'",
        expect="",
    ),
    _kind(
        "the settings",
        "x = plt.rcParams",
        "import matplotlib\nassert x is matplotlib.rcParams",
        expect="",
    ),
]
