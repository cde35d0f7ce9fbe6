# %%
import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(7)
df = pd.read_csv("data/customers.csv")
# %%
cols = ["tenure", "monthly_charges"]
X_train, X_test, y_train, y_test = train_test_split(
    df[cols], (df["churn"] == "Yes").astype(int), test_size=0.25, random_state=3
)
scaler = StandardScaler().fit(X_train)
Xt = torch.tensor(scaler.transform(X_train), dtype=torch.float32)
yt = torch.tensor(y_train.values, dtype=torch.float32).unsqueeze(1)


# %%
class Net(nn.Module):
    """Two layers are enough for two columns."""

    def __init__(self, hidden=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, x):
        return self.layers(x)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
loss_fn = nn.BCEWithLogitsLoss()
# %%
losses = []
for epoch in range(40):
    optimizer.zero_grad()
    loss = loss_fn(net(Xt), yt)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
# %%
net.eval()


def leaves(customers):
    """The chance to leave."""
    x = torch.tensor(scaler.transform(customers[cols]), dtype=torch.float32)
    with torch.no_grad():
        return torch.sigmoid(net(x)).squeeze(1).numpy()


# %%
chance = leaves(X_test)
print(roc_auc_score(y_test, chance), accuracy_score(y_test, chance > 0.5))
