"""Help, the privacy notice and the accessibility statement, in Byway's own words.

An organisation that has its own brings a plugin with pages of these names in place of this one.
"""

from __future__ import annotations

from engine.api import PluginPage, hookimpl

HELP = """
<p class="lead">Byway keeps a record of what you learn outside courses, and works out from it what
it shows you can do. It says for every level what it rests on.</p>

<nav aria-label="On this page"><ul class="links">
<li><a href="#learners">If you learn here</a></li>
<li><a href="#levels">How levels come about</a></li>
<li><a href="#team">If you look after learning</a></li>
<li><a href="#words">Words we use</a></li>
</ul></nav>

<h2 id="learners">If you learn here</h2>
<h3>Where the lines in your record come from</h3>
<p>Most lines come by themselves, from the systems your organisation has connected: a webinar you
attended, an answer you wrote in a forum, a post on a blog. Each line names its source, and behind
it you find the very row that was read and the statement that was made of it.</p>
<h3>Note something yourself</h3>
<p>For what no system sees, such as a conversation, a book or a lunch-and-learn, use
<strong>Add</strong>. It takes three things: what it was, when, and which kind. It is your own word,
so it can support the first level and not more.</p>
<h3>When a line is wrong</h3>
<p>Open it and correct it. Your correction stands above what the source says, also when the source
reports again. You can withdraw the correction later.</p>
<h3>When a line should not count</h3>
<p>Leave it out of your levels. It stays in your record, and you can take it in again.</p>
<h3>Who sees what</h3>
<p>Every line is private when it arrives. You decide line by line whether your manager, a community
or everybody may see it. <strong>My data</strong> lists every system and person that can read
something of yours.</p>

<h2 id="levels">How levels come about</h2>
<p>There are four levels: Awareness, Working, Practitioner and Expert. Each competency is looked at
by itself; there is no overall score, and nobody is ranked.</p>
<ul class="read">
<li><strong>Being there and reading</strong> show that you met a subject. They support the first
level, however much of it there is.</li>
<li><strong>What you contribute</strong> counts for more once a colleague accepts it.</li>
<li><strong>Doing the same again</strong> keeps a level fresh. It does not raise it.</li>
<li><strong>Evidence fades.</strong> A level that is no longer supported is shown as
<em>not recently evidenced</em>, with the day until which it rested.</li>
</ul>
<p>Choose <strong>Why?</strong> beside a level to see each thing it is made of, with its weight and
age, what would raise it, and when it would fade.</p>

<h2 id="team">If you look after learning</h2>
<h3>Bring in a report</h3>
<ol class="read">
<li>Open <strong>Sources</strong> and choose the source.</li>
<li>Upload the file as the system exported it. You see a preview: where every row goes, what needs a
hand, and what the first rows become. Nothing is recorded yet.</li>
<li>Record it, or discard it.</li>
</ol>
<p>The same report twice does no harm: what is known is known. A longer or mended report corrects
what has changed and leaves the rest.</p>
<h3>When a file is refused</h3>
<p>A file whose dates could be read two ways, or whose headings are not known, is refused whole and
nothing of it is kept. The message names the row and says how to mend it. A single bad row in a good
file is listed under <em>What needs a hand</em>; the others go on.</p>
<h3>Take a run back</h3>
<p>Open the run and choose <strong>Undo</strong>. Former facts come back; what another run says and
what learners corrected themselves stays. An undone run can stand again.</p>
<h3>Activities that count towards nothing</h3>
<p><strong>Not aligned</strong> lists them. Choose the competency once, and everything of that title
counts, past and future. Pages show the old levels until the record has been weighed anew.</p>

<h2 id="words">Words we use</h2>
<dl class="facts">
<dt>Source</dt><dd>One account at one system that Byway reads from.</dd>
<dt>Run</dt><dd>One reading of one report. It can be undone.</dd>
<dt>Statement</dt><dd>A line of the record in the form of the xAPI standard.</dd>
<dt>Competency</dt><dd>Something people can do, with words for each level.</dd>
<dt>Ruleset</dt><dd>Which activities count towards what, and how much. Each version is kept.</dd>
<dt>Alignment</dt><dd>The decision that a title or an object counts towards a competency.</dd>
</dl>
"""

PRIVACY = """
<p class="lead">Your record is about you and private until you decide otherwise. This page says what
is kept, who can read it, and what you can do about it.</p>

<div class="aside-note"><p><strong>Who is responsible.</strong> The organisation that runs this site
decides what is collected and is your first contact. It puts its name, its address and its data
protection officer here, as described in Byway’s documentation. Until it has, ask whoever gave you
your sign-in link.</p></div>

<h2 id="kept">What is kept</h2>
<dl class="facts">
<dt>What you did</dt><dd>What, when, for how long and in which system: attendance, contributions,
posts, completed courses.</dd>
<dt>Who you are</dt><dd>Your name, your email address, and the accounts your organisation has linked
to you.</dd>
<dt>What you decided</dt><dd>Your notes, corrections, whom you let see what, and what you left out.
</dd>
<dt>What others said of it</dt><dd>That somebody accepted your answer, or confirmed your work.</dd>
<dt>Reports as they came</dt><dd>Encrypted, so that each line can be traced to its row and read
again when a mistake is found.</dd>
</dl>
<p>Levels are not kept. They are worked out when somebody opens the page.</p>

<h2 id="not">What is not collected</h2>
<ul class="read">
<li>No mailboxes and no private messages are searched.</li>
<li>Nothing is captured in secret: every source is named in your record.</li>
<li>Nobody is recognised by name alone. A row without an address or account waits.</li>
<li>There are no passwords here, no trackers, and nothing is loaded from other sites. The one cookie
keeps you signed in.</li>
</ul>

<h2 id="why">On what basis</h2>
<p>Each source names its legal basis. With <strong>notice and objection</strong>, you were told
about it and can object. With <strong>consent</strong>, nothing is kept of you until you agree, and
you can withdraw. <strong>My data</strong> shows the basis of every source that has something about
you.</p>

<h2 id="readers">Who can read it</h2>
<dl class="facts">
<dt>You</dt><dd>Everything about you.</dd>
<dt>Your manager</dt><dd>Only lines that you opened to your manager.</dd>
<dt>A community</dt><dd>Only lines that you opened to that community.</dd>
<dt>Your L&amp;D team</dt><dd>The rows of reports that it brings in, so that it can mend them. Not
your levels, your notes or your pages. In figures about groups, fewer than five people are never
shown.</dd>
<dt>Operators</dt><dd>Those who run the servers could reach what is stored there. They are bound by
your organisation’s rules.</dd>
<dt>Other systems</dt><dd>Only with a key. <strong>My data</strong> lists every key that can read
something about you.</dd>
</dl>

<h2 id="rights">Your rights, and how to use them</h2>
<dl class="facts">
<dt>To see it</dt><dd>Open <strong>My learning</strong>. Each line leads to its source.</dd>
<dt>To take it with you</dt><dd>Under <strong>My data</strong> you get all of it as a file.</dd>
<dt>To correct it</dt><dd>Open the line and correct it. Your word stands above the source.</dd>
<dt>To leave it out</dt><dd>Open the line and leave it out of your levels.</dd>
<dt>To object</dt><dd>Tell the contact above which source should not keep anything about you. From
then on it does not count, and later reports leave you out.</dd>
<dt>To be erased</dt><dd>Ask the contact above.</dd>
<dt>To complain</dt><dd>You can turn to the data protection authority of your country.</dd>
</dl>

<h2 id="decisions">No decision about you is made here</h2>
<p>A level describes the evidence, not you. It is worked out by published rules, never guessed, and
shows what it rests on. Byway decides nothing by itself, and makes no list of people by rank.</p>
"""

ACCESSIBILITY = """
<p class="lead">Byway should be usable by everybody who works here. This page says what we have
tested, what we know to be missing, and how to tell us.</p>

<h2 id="how">How it is made</h2>
<ul class="read">
<li>Every page works without scripts and by keyboard alone. The first key press on a page offers a
link to its content.</li>
<li>It can be read from 320 pixels of width on and with text at 200 %.</li>
<li>Light or dark follows your device, and so does a wish for more contrast.</li>
<li>Colour never carries a meaning alone: there is always a word.</li>
<li>Every chart has the same numbers in a table, and a description for screen readers.</li>
<li>What went wrong in a form is said beside the field, with the way to mend it.</li>
</ul>

<h2 id="tested">What was tested</h2>
<p>Our aim is level AA of the Web Content Accessibility Guidelines 2.2. With each change the pages
are checked in Chromium with the tool axe, at several widths, light and dark, and it must find
nothing. Such a tool finds only part of what can be wrong.</p>

<h2 id="known">What we know to be missing</h2>
<ul class="read">
<li>No audit by an independent body has taken place, and no formal conformance is claimed.</li>
<li>There has been no systematic test with screen readers or with people who use them.</li>
<li>Other browsers than Chromium are not tested automatically. In browsers older than 2024 the dark
look is missing.</li>
<li>These pages are in English. Titles from sources stay in the language they were written in, and
are not always marked as such.</li>
<li>The text of a statement is technical, for those who want to check it. Every line is also said
as a sentence.</li>
</ul>

<h2 id="report">Tell us</h2>
<p>If something keeps you from using a page, tell the people who run this site: those who gave you
your sign-in link. Say which page it was, what you wanted to do, and with which browser or aid. Ask
for the content in another form if you need it now; they can export it for you.</p>
"""


@hookimpl
def register_pages() -> list[PluginPage]:
    """The three pages that every page's foot links to."""
    return [
        PluginPage(name="help", title="Help", html=HELP),
        PluginPage(name="privacy", title="Privacy notice", html=PRIVACY),
        PluginPage(name="accessibility", title="Accessibility", html=ACCESSIBILITY),
    ]
