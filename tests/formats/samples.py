"""A document with some of everything, and an image."""

from __future__ import annotations

import base64

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def resolve(source: str) -> bytes | None:
    """Give the image of the document's own."""
    return PNG if source.startswith("/files/") else None


SAMPLE = """
# 第一章 Head

Text **bold** *it* <u>under</u> ~~gone~~ <mark>mark</mark> H<sub>2</sub>O `code` [link](https://a.b/c?d=e&f)
你好世界，这是中文。

## Sub

- one
- two
  - deep

1. a
2. b

- [ ] open
- [x] 完成

> quote

```python
def f(x):
    return "你好"  # comment
```

| A | B |
| --- | --- |
| 1 | 二 |

---

![alt](/files/a.png)

![foreign](https://evil.example/x.png)
"""

RICH = r"""
# Rich

Energy $E = mc^{2}$ and a note[^1] in <span data-color="red">red</span> and <mark>marked</mark>.

$$
\int_{0}^{1}\frac{x^{2}}{2}\, dx
$$

> [!WARNING]
>
> Mind the gap, 注意。

<details><summary>More</summary>

Hidden words.

</details>

<p style="text-align: center">In the middle.</p>

[^1]: A *footnote*, 脚注.
"""
