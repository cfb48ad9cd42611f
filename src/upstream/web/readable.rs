//! What there is to read on a page, as Markdown-like text.
//!
//! 2026-11-22: written over a tokenizer (`html5gum`) in one pass, without a tree. Pages are whatever a stranger sends:
//! converters that walk a tree recurse, and a few megabytes of `<div>` end the whole process by a stack overflow. This
//! one holds a few counters and takes time in proportion to the page. Cost: a page whose tags are nested wrongly is read
//! a little differently than a browser shows it.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, Spanned, StartTag, Token, Tokenizer};
use std::collections::BTreeMap;
use std::ops::Range;
use url::Url;

/// The longest text, in bytes: links are written out in full, so that a page of links grows.
const MOST: usize = 8 << 20;
/// A link's address, when it is longer, is for machines.
const LONGEST_LINK: usize = 500;
/// A part that holds at least this many bytes is worth being shown alone.
const ENOUGH: usize = 200;

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    pub title: Option<String>,
    pub text: String,
}

/// Reads a page. Links are made absolute on `base`.
pub fn readable(html: &str, base: &Url) -> Readable {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut page = Page::new(base.clone());
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => page.open(&tag),
            Token::EndTag(tag) => page.close(&tag.name),
            Token::String(text) => page.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
        if page.out.len() > MOST {
            break;
        }
    }
    page.finish()
}

/// What stands around a page's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// `main` or `article`.
    Subject,
    /// Navigation, footers, side bars.
    Furniture,
}

/// A part whose end has not come: where it begins in the text, and how often its tag is open.
#[derive(Debug)]
struct Open {
    tag: Vec<u8>,
    from: usize,
    depth: usize,
}

struct Page {
    base: Url,
    out: String,
    title: Option<String>,
    in_title: bool,
    /// An element that is not shown, and how often it is open.
    hidden: Option<(Vec<u8>, usize)>,
    /// Line breaks to make before the next text.
    breaks: usize,
    /// White space came since the last text.
    space: bool,
    /// `pre` elements that are open.
    verbatim: usize,
    /// The lists that are open; the number of the last item where they are numbered.
    lists: Vec<Option<u32>>,
    /// What the next text begins with: a heading's marks, an item's.
    prefix: String,
    /// The open link's address, and where its text begins when there is some.
    link: Option<(Option<String>, Option<usize>)>,
    /// Cells of the present table row that have ended.
    cells: usize,
    open: [Option<Open>; 2],
    subjects: Vec<Range<usize>>,
    furniture: Vec<Range<usize>>,
}

type Attributes = BTreeMap<HtmlString, Spanned<HtmlString, ()>>;

fn attribute(attributes: &Attributes, name: &str) -> Option<String> {
    attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).trim().to_owned())
}

impl Page {
    fn new(base: Url) -> Self {
        Self {
            base,
            out: String::new(),
            title: None,
            in_title: false,
            hidden: None,
            breaks: 0,
            space: false,
            verbatim: 0,
            lists: Vec::new(),
            prefix: String::new(),
            link: None,
            cells: 0,
            open: [None, None],
            subjects: Vec::new(),
            furniture: Vec::new(),
        }
    }

    fn lines(&mut self, count: usize) {
        self.breaks = self.breaks.max(count);
        self.space = false;
    }

    fn open(&mut self, tag: &StartTag<()>) {
        let name = tag.name.as_slice();
        if let Some((hidden, depth)) = &mut self.hidden {
            *depth += usize::from(hidden == name && !tag.self_closing);
            return;
        }
        match name {
            b"script" | b"style" | b"noscript" | b"template" | b"iframe" | b"object" | b"canvas" | b"svg"
            | b"math" | b"select" | b"textarea" | b"noembed" | b"xmp"
                if !tag.self_closing =>
            {
                self.hidden = Some((name.to_vec(), 1));
            }
            b"title" => self.in_title = self.title.is_none(),
            b"base" => {
                let href = attribute(&tag.attributes, "href").and_then(|href| self.base.join(&href).ok());
                self.base = href.unwrap_or_else(|| self.base.clone());
            }
            b"main" | b"article" => self.enter(Part::Subject, name),
            b"nav" | b"footer" | b"aside" => self.enter(Part::Furniture, name),
            b"br" => self.lines(1),
            b"hr" => {
                self.lines(2);
                self.write("---");
                self.lines(2);
            }
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => {
                self.lines(2);
                self.prefix = format!("{} ", "#".repeat(usize::from(name[1] - b'0')));
            }
            b"ul" | b"menu" => self.list(None),
            b"ol" => {
                let start = attribute(&tag.attributes, "start").and_then(|start| start.parse::<u32>().ok());
                self.list(Some(start.unwrap_or(1).saturating_sub(1)));
            }
            b"li" => self.item(),
            b"pre" => {
                self.lines(2);
                self.write("```");
                self.lines(1);
                self.verbatim += 1;
            }
            b"code" if self.verbatim == 0 => self.write("`"),
            b"a" => {
                self.end_link();
                self.link =
                    Some((attribute(&tag.attributes, "href").and_then(|href| self.absolute(&href)), None));
            }
            b"img" => {
                if let Some(alt) = attribute(&tag.attributes, "alt").filter(|alt| !alt.is_empty()) {
                    self.text(&format!(" [image: {alt}] "));
                }
            }
            b"tr" => {
                self.lines(1);
                self.cells = 0;
            }
            b"td" | b"th" => {
                if self.cells > 0 && self.breaks == 0 {
                    self.write(" | ");
                }
                self.space = false;
                self.cells += 1;
            }
            b"p" | b"blockquote" | b"table" | b"section" | b"dl" | b"figure" => self.lines(2),
            name if is_block(name) => self.lines(1),
            _ => {}
        }
    }

    fn close(&mut self, name: &[u8]) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        match name {
            b"title" => self.in_title = false,
            b"main" | b"article" => self.leave(Part::Subject, name),
            b"nav" | b"footer" | b"aside" => self.leave(Part::Furniture, name),
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => {
                self.prefix.clear();
                self.lines(2);
            }
            b"ul" | b"menu" | b"ol" => {
                self.lists.pop();
                self.lines(if self.lists.is_empty() { 2 } else { 1 });
            }
            b"pre" if self.verbatim > 0 => {
                self.verbatim -= 1;
                let trimmed = self.out.trim_end_matches(['\n', ' ']).len();
                self.out.truncate(trimmed);
                self.lines(1);
                self.write("```");
                self.lines(2);
            }
            b"code" if self.verbatim == 0 => {
                self.space = false;
                self.write("`");
            }
            b"a" => self.end_link(),
            b"p" | b"blockquote" | b"table" | b"section" | b"dl" | b"figure" => self.lines(2),
            name if is_block(name) => self.lines(1),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            let title = self.title.get_or_insert_default();
            if title.len() < 1_000 {
                title.push_str(text);
            }
            return;
        }
        if self.hidden.is_some() {
            return;
        }
        if self.verbatim > 0 {
            let text = if self.breaks > 0 { text.strip_prefix('\n').unwrap_or(text) } else { text };
            if !text.is_empty() {
                self.write(text);
            }
            return;
        }
        for (at, word) in text.split(|c: char| c.is_whitespace()).enumerate() {
            self.space |= at > 0;
            if !word.is_empty() {
                self.write(word);
            }
        }
    }

    /// Text with what has to come before it.
    fn write(&mut self, text: &str) {
        if self.breaks > 0 && !self.out.is_empty() {
            let there = self.out.len() - self.out.trim_end_matches('\n').len();
            (there..self.breaks).for_each(|_| self.out.push('\n'));
        } else if self.space && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
            self.out.push(' ');
        }
        (self.breaks, self.space) = (0, false);
        self.out.push_str(&std::mem::take(&mut self.prefix));
        if let Some((Some(_), start @ None)) = &mut self.link {
            *start = Some(self.out.len());
            self.out.push('[');
        }
        self.out.push_str(text);
    }

    fn list(&mut self, number: Option<u32>) {
        self.lines(if self.lists.is_empty() { 2 } else { 1 });
        if self.lists.len() < 20 {
            self.lists.push(number);
        }
    }

    fn item(&mut self) {
        self.lines(1);
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{number}.")
            }
            _ => "-".to_owned(),
        };
        self.prefix = format!("{indent}{mark} ");
    }

    /// A link's address, when it leads to another page.
    fn absolute(&self, href: &str) -> Option<String> {
        if href.is_empty() || href.starts_with('#') || href.len() > LONGEST_LINK {
            return None;
        }
        let url = self.base.join(href).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= LONGEST_LINK;
        is_web.then(|| url.into())
    }

    fn end_link(&mut self) {
        if let Some((Some(url), Some(_))) = self.link.take() {
            self.out.push_str("](");
            self.out.push_str(&url);
            self.out.push(')');
        }
    }

    fn enter(&mut self, part: Part, tag: &[u8]) {
        self.lines(2);
        let from = self.out.len();
        match &mut self.open[part as usize] {
            Some(open) => open.depth += usize::from(open.tag == tag),
            none => *none = Some(Open { tag: tag.to_vec(), from, depth: 1 }),
        }
    }

    fn leave(&mut self, part: Part, tag: &[u8]) {
        self.lines(2);
        let slot = &mut self.open[part as usize];
        let Some(open) = slot.as_mut().filter(|open| open.tag == tag) else { return };
        open.depth -= 1;
        if open.depth > 0 {
            return;
        }
        let range = open.from..self.out.len();
        *slot = None;
        match part {
            Part::Subject => self.subjects.push(range),
            Part::Furniture => self.furniture.push(range),
        }
    }

    fn finish(mut self) -> Readable {
        self.end_link();
        let end = self.out.len();
        // Furniture that never ends is not one.
        if let Some(open) = self.open[Part::Subject as usize].take() {
            self.subjects.push(open.from..end);
        }
        let subject = without(&self.out, &self.subjects, &self.furniture);
        let all = without(&self.out, std::slice::from_ref(&(0..end)), &self.furniture);
        let text = match () {
            () if subject.len() >= ENOUGH || (!subject.is_empty() && subject.len() * 2 >= all.len()) => {
                subject
            }
            () if all.len() >= ENOUGH || all.len() * 2 >= end => all,
            () => self.out.trim().to_owned(),
        };
        let title = self.title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
        Readable { title: title.filter(|title| !title.is_empty()), text }
    }
}

/// Blocks that stand on lines of their own.
fn is_block(name: &[u8]) -> bool {
    matches!(
        name,
        b"div"
            | b"header"
            | b"form"
            | b"fieldset"
            | b"legend"
            | b"address"
            | b"details"
            | b"summary"
            | b"dt"
            | b"dd"
            | b"figcaption"
            | b"caption"
            | b"thead"
            | b"tbody"
            | b"tfoot"
            | b"body"
            | b"hgroup"
            | b"search"
            | b"option"
            | b"li"
            | b"tr"
            | b"dialog"
            | b"label"
            | b"button"
    )
}

/// The ranges of the text, without the other ones. Both are in order and do not overlap among themselves.
fn without(text: &str, ranges: &[Range<usize>], left_out: &[Range<usize>]) -> String {
    let mut kept = String::new();
    let mut out = left_out.iter().peekable();
    for range in ranges {
        let mut at = range.start;
        while let Some(next) = out.peek().filter(|next| next.start < range.end) {
            kept.push_str(text.get(at..next.start.max(at)).unwrap_or_default());
            at = at.max(next.end);
            if next.end > range.end {
                break;
            }
            out.next();
        }
        kept.push_str(text.get(at..range.end).unwrap_or_default());
    }
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn read(html: &str) -> Readable {
        readable(html, &"https://example.com/docs/page".parse().expect("a URL"))
    }

    #[test]
    fn a_page_becomes_text_with_its_headings_lists_links_code_and_tables() {
        let page = read(
            "<!doctype html><html><head><title> A  page\n</title><style>p{color:red}</style>
             <script>if (a < b) document.write('<p>not this</p>')</script></head><body>
             <nav><a href=/>Home</a></nav><main><h1>Tea &amp; <em>coffee</em></h1>
             <p>See   <a href='../tea#x'>the <b>tea</b></a>, or <a href='#here'>below</a>.<br>Next&nbsp;line</p>
             <ul><li>one<li>two<ol start=3><li>three</ol></ul><pre>let x = 1;\n  y</pre>
             <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
             <img src=x alt='a cup'><p hidden>Use <code>make</code>.</p>
             </main><footer>imprint</footer></body></html>",
        );
        assert_eq!(page.title.as_deref(), Some("A page"));
        let wanted = "# Tea & coffee\n\nSee [the tea](https://example.com/tea#x), or below.\nNext line\n\n- one\n- two\n  \
                      3. three\n\n```\nlet x = 1;\n  y\n```\n\na | b\n1 | 2\n\n[image: a cup]\n\nUse `make`.";
        assert_eq!(page.text, wanted);
    }

    #[test]
    fn what_stands_around_the_subject_is_left_out_unless_it_is_all_there_is() {
        let subject = "A long text about the subject. ".repeat(20);
        let page = read(&format!(
            "<nav>Menu</nav><article>{subject}<aside>ad</aside></article><footer>imprint</footer>"
        ));
        assert_eq!(page.text, subject.trim());
        assert_eq!(read(&format!("<nav>Menu</nav><p>{subject}</p><footer>x</footer>")).text, subject.trim());
        assert!(
            read("<nav><a href=/a>A</a> <a href=/b>B</a></nav>").text.contains("[B](https://example.com/b)")
        );
    }

    #[test]
    fn a_script_that_looks_like_text_and_text_that_looks_like_a_script_are_told_apart() {
        let page =
            read("<p>before</p><script>var s = \"</p><p>no\"; // <!-- \n</script><p>1 < 2 && 3 > 2</p>");
        assert_eq!(page.text, "before\n\n1 < 2 && 3 > 2");
        assert_eq!(read("<svg><text>no</text></svg>yes").text, "yes");
        assert_eq!(
            read("<base href='https://other.example/'><a href=x>y</a>").text,
            "[y](https://other.example/x)"
        );
        assert_eq!(read("<a href='javascript:alert(1)'>y</a>").text, "y");
    }

    #[test]
    fn pages_made_to_break_a_reader_are_read_in_a_moment() {
        let begun = Instant::now();
        for piece in
            ["<div>", "<ul><li>", "<a href=x>", "<table><tr><td>", "<!--", "<pre>", "&amp", "<main>", "</p>"]
        {
            read(&piece.repeat(1_000_000 / piece.len()));
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn any_tags_in_any_order_are_read(
            html in "(<(/?)(p|div|main|nav|aside|footer|article|ul|ol|li|pre|a href=x|code|h2|table|tr|td|svg|title|script|br)>|[a-zä <&]{0,5}){0,60}"
        ) {
            read(&html);
        }
    }
}
