# %% Recognising hand-written digits
import matplotlib.pyplot as plt
from sklearn import datasets, metrics, svm
from sklearn.model_selection import train_test_split

digits = datasets.load_digits()

_, axes = plt.subplots(nrows=1, ncols=4, figsize=(10, 3))
for ax, image, label in zip(axes, digits.images, digits.target):
    ax.set_axis_off()
    ax.imshow(image, cmap=plt.cm.gray_r, interpolation="nearest")
    ax.set_title("Training: %i" % label)
# %%
# flatten the images
n_samples = len(digits.images)
data = digits.images.reshape((n_samples, -1))
data = data / 16.0

clf = svm.SVC(gamma=0.02, C=5)

X_train, X_test, y_train, y_test = train_test_split(
    data, digits.target, test_size=0.5, shuffle=False
)
clf.fit(X_train, y_train)
predicted = clf.predict(X_test)
# %%
print(metrics.classification_report(y_test, predicted))
print(metrics.accuracy_score(y_test, predicted))
