"""torch."""

from __future__ import annotations

from kinds.kind import Kind

_T = "import torch, numpy as np\n"


def _kind(name: str, make: str, check: str = "", **more: str | bool) -> Kind:
    return Kind(name, _T + make, _T + check if check else "", needs="torch", **more)  # type: ignore[arg-type]


KINDS = [
    _kind(
        "tensor",
        "x = torch.arange(6.).reshape(2, 3); y = x",
        "assert x is y and x.tolist() == [[0, 1, 2], [3, 4, 5]]\nx.resize_(7)",
        change="x[0, 0] = 9",
        changes="x y",
    ),
    _kind(
        "tensors that share storage",
        "b = torch.arange(10.); x = b[2:5]; y = b.view(2, 5).t(); z = b.detach()",
        "x[0] = -1\nassert b[2] == -1 and y[2, 0] == -1 and z[2] == -1 and y.stride() == (1, 5)",
        change="z[2] = 8",
        changes="b x y z",
    ),
    _kind(
        "view, base gone",
        "x = torch.arange(10.)[3:5]; y = torch.as_strided(x, (4,), (1,), 1)",
        "y[2] = -1\nassert x[0] == -1",
    ),
    _kind(
        "tensor of an array",
        "a = np.arange(6.); x = torch.from_numpy(a)",
        "a[0] = 9\nassert x[0] == 9\nx[1] = 8\nassert a[1] == 8",
        change="a[2] = 1",
        changes="x a",
    ),
    _kind(
        "array of a tensor",
        "x = torch.arange(6.); a = x.numpy(); v = a[2:4]",
        "v[0] = 9\nassert x[2] == 9 and a[2] == 9",
        change="x[2] = 1",
        changes="x a v",
    ),
    _kind(
        "tensor of part of an array, in one container",
        "a = np.arange(6.); x = [torch.from_numpy(a[2:5]), a, torch.from_numpy(a[1:])]",
        "a[2] = 9\nassert x[0][0] == 9 and x[2][1] == 9\nx[0][1] = 7\nassert a[3] == 7",
        change="a[3] = 5",
        changes="x a",
    ),
    _kind(
        "tensor of part of an array, apart",
        "a = np.arange(6.); x = torch.from_numpy(a[2:5]); y = torch.from_numpy(a[4:])",
        "a[4] = 9\nassert x[2] == 9 and y[0] == 9",
        change="a[4] = 5",
        changes="x y a",
    ),
    _kind(
        "tensors of parts of an array that is gone",
        "a = np.arange(6.); x = torch.from_numpy(a[2:5]); y = torch.from_numpy(a[4:]); del a",
        "x[2] = 9\nassert y.tolist() == [9, 5] and x.tolist() == [2, 3, 9]",
        change="x[2] = 5",
        changes="x y",
    ),
    _kind(
        "gradient",
        "x = torch.ones(2, requires_grad=True); (x * 3).sum().backward(); g = x.grad",
        "assert x.grad is g and g.tolist() == [3, 3] and x.requires_grad and x.is_leaf\n(x * 2).sum().backward()\nassert g.tolist() == [5, 5]",
        change="x.grad.zero_()",
        changes="x g",
    ),
    _kind(
        "parameter and its data",
        "x = torch.nn.Parameter(torch.ones(2)); d = x.data",
        "d[0] = 5\nassert x[0] == 5 and type(x) is torch.nn.Parameter",
        change="d[0] = 2",
        changes="x d",
    ),
    _kind(
        "module, optimiser, schedule",
        "torch.manual_seed(0)\nm = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)); x = torch.optim.Adam(m.parameters()); m(torch.ones(1, 2)).sum().backward(); x.step(); w = m[0].weight; s = torch.optim.lr_scheduler.StepLR(x, 2)",
        "assert x.param_groups[0]['params'][0] is w is m[0].weight and s.optimizer is x\nbefore = w.detach().clone()\nx.zero_grad(); m(torch.ones(1, 2)).sum().backward(); x.step()\nassert not torch.equal(before, w) and len(x.state) == 4",
        expect="m(torch.ones(1, 2)).tolist()",
        change="x.step()",
        changes="m x w s",
        stable=False,
    ),
    _kind(
        "tied weights, buffers",
        "e = torch.nn.Embedding(5, 3); l = torch.nn.Linear(3, 5, bias=False); l.weight = e.weight; x = torch.nn.ModuleList([e, l, torch.nn.BatchNorm1d(3)])",
        "assert x[0].weight is x[1].weight is e.weight and x[2].running_mean.tolist() == [0, 0, 0]",
        change="e.weight.data[0] = 1",
        changes="e l x",
    ),
    _kind(
        "module of the cell",
        "class Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__(); self.l = torch.nn.Linear(2, 1)\n    def forward(self, v): return self.l(v)\nx = Net()",
        "assert isinstance(x, Net)",
        expect="x(torch.ones(1, 2)).tolist()",
        change="x.l.bias.data[0] = 9",
    ),
    _kind(
        "state dictionary",
        "m = torch.nn.Linear(2, 1); x = m.state_dict()",
        "x['bias'][0] = 7\nassert m.bias[0] == 7",
        change="m.bias.data[0] = 2",
        changes="m x",
    ),
    _kind(
        "other types",
        "x = torch.tensor([1, 2], dtype=torch.bfloat16), torch.tensor([1j]), torch.tensor([True]), torch.tensor(3), torch.empty(0, 3), torch.tensor([1., 2.]).to_sparse(), torch.tensor([1j]).conj()",
        "assert [str(t.dtype) for t in x[:3]] == ['torch.bfloat16', 'torch.complex64', 'torch.bool'] and x[3] == 3 and x[4].shape == (0, 3) and x[5].is_sparse and x[6].item() == -1j and x[0].tolist() == [1, 2]",
    ),
    _kind(
        "dtypes, devices, sizes",
        "x = torch.float32, torch.device('cpu'), torch.Size([1, 2]), torch.strided",
        "assert x[0] is torch.float32 and x[1] == torch.device('cpu') and type(x[2]) is torch.Size and x[3] is torch.strided",
    ),
    _kind(
        "generator",
        "x = torch.Generator(); x.manual_seed(3); torch.rand(1, generator=x)",
        "g = torch.Generator(); g.manual_seed(3); torch.rand(1, generator=g)\nassert torch.rand(1, generator=x) == torch.rand(1, generator=g)",
        change="torch.rand(1, generator=x)",
    ),
    _kind(
        "the shared generator", "x = torch.default_generator", "assert x is torch.default_generator"
    ),
    _kind(
        "data set and loader",
        "d = torch.utils.data.TensorDataset(torch.arange(4.), torch.arange(4)); x = torch.utils.data.DataLoader(d, 2)",
        "assert x.dataset is d and [b[1].tolist() for b in x] == [[0, 1], [2, 3]]",
        change="d.tensors[0][0] = 9",
        changes="d x",
    ),
    Kind(
        "tensor with a graph",
        _T + "w = torch.ones(2, requires_grad=True); x = (w * 2).sum()",
        named="detach()",
        needs="torch",
    ),
    Kind(
        "tensor with hooks",
        _T + "x = torch.ones(2, requires_grad=True); _ = x.register_hook(lambda g: g)",
        named="hooks",
        needs="torch",
    ),
]
