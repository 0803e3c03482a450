# The model of the first example: scikit-learn's own pictures of digits, and a classifier trained on them.
/usr/bin/python3 - <<'PYTHON' 2>/dev/null || true
import joblib, sklearn.datasets, sklearn.svm

digits = sklearn.datasets.load_digits()
joblib.dump(sklearn.svm.SVC().fit(digits.data, digits.target), "digits.model")
with open("digits.csv", "w") as file:
    for pixels in digits.data:
        print(*map(int, pixels), sep=",", file=file)
PYTHON
