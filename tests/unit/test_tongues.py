"""Chinese on an English page is marked, where it can be, and nothing else is."""

import pytest

from transfer.web.pages.tongues import told_apart


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("<p>Nothing of it</p>", "<p>Nothing of it</p>"),
        ("<p>–&lt;b&gt; 3 < 4</p>", "<p>–&lt;b&gt; 3 < 4</p>"),
        (
            "<p>By 王芳 on 3 June（<b>中山市</b>）</p>",
            '<p>By <span lang="zh-Hans">王芳</span> on 3 June（<b><span lang="zh-Hans">中山市</span></b>）</p>',
        ),
        ("<td>欠薪，3 个月。 ok</td>", '<td><span lang="zh-Hans">欠薪，3 个月。</span> ok</td>'),
        ('<option value="1" selected>广东</option>', '<option lang="zh-Hans" value="1" selected>广东</option>'),
        ("<option>–</option>", "<option>–</option>"),
        ("<textarea name=a>\n写</textarea>", '<textarea lang="zh-Hans" name=a>\n写</textarea>'),
        ('<text x="1">中</text>', '<text lang="zh-Hans" x="1">中</text>'),
        ('<input name="a" value="李">', '<input name="a" value="李" lang="zh-Hans">'),
        ('<input value="–"> 李', '<input value="–"> <span lang="zh-Hans">李</span>'),
        ("<title>王芳 · Case</title>", "<title>王芳 · Case</title>"),
        ("<td>𠮷田</td>", '<td><span lang="zh-Hans">𠮷田</span></td>'),
        ('<img src="/a" alt="身份证">', '<img src="/a" alt="身份证" lang="zh-Hans">'),
        ('<img src="/a" alt="">', '<img src="/a" alt="">'),
        ('<a aria-label="王芳">·</a>', '<a aria-label="王芳">·</a>'),
    ],
)
def test_chinese_says_that_it_is(page: str, told: str) -> None:
    assert told_apart(page) == told
