// Every call of TinCanJS that reaches a record store, in an order that makes sense, each with the
// error that its callback must get (null when the call must succeed). Runs in node and in a page.
"use strict";

(function (where) {
    const HOME = "https://lms.example.org";
    const REGISTRATION = "66f0e40b-1ec4-4e56-9e69-334adfe45c5d";

    function steps(TinCan, settings) {
        const lrs = new TinCan.LRS({
            endpoint: settings.endpoint,
            username: settings.key,
            password: settings.secret,
            version: "1.0.2",
            allowFail: false,
        });
        const agent = new TinCan.Agent({ name: "Ann Example", account: { homePage: HOME, name: "ann" } });
        const activity = new TinCan.Activity({
            id: "http://6QXn4ehXBu7_course_id",
            definition: {
                type: "http://adlnet.gov/expapi/activities/course",
                name: { "en-US": "Léarning to résumé ☕" },
            },
        });
        const verb = new TinCan.Verb({
            id: "http://adlnet.gov/expapi/verbs/experienced",
            display: { "en-US": "experienced" },
        });
        const statement = (more) =>
            new TinCan.Statement(
                Object.assign(
                    {
                        actor: agent,
                        verb: verb,
                        target: activity,
                        context: {
                            registration: REGISTRATION,
                            contextActivities: { grouping: { id: "http://6QXn4ehXBu7_course_id" } },
                        },
                    },
                    more
                ),
                { doStamp: !(more && more.unstamped) }
            );
        const attachment = (text) =>
            new TinCan.Attachment({
                usageType: "https://example.org/usage/note",
                display: { "en-US": "A note" },
                contentType: "text/plain",
                length: new TextEncoder().encode(text).length,
                content: TinCan.Utils.stringToArrayBuffer(text),
            });
        const bad = statement({ verb: new TinCan.Verb({ id: "not an iri" }) });
        const once = statement();
        const twice = [statement(), statement()];
        const noted = statement({ attachments: [attachment("what I noted, é")] });
        const notedTwice = statement({ attachments: [attachment("first note"), attachment("second")] });
        const voiding = new TinCan.Statement({
            actor: agent,
            verb: { id: "http://adlnet.gov/expapi/verbs/voided" },
            target: { objectType: "StatementRef", id: once.id },
        });
        const about = { activity: activity, agent: agent };
        const attempt = Object.assign({ registration: REGISTRATION }, about);
        const suspended = "233870506040ts1001311k0101101111012110131100~2m2~271a9101001a1a3de1p8Qg00G0_$fDg";
        const longId = "https://content.example.org/" + "x".repeat(2100);
        let page = null;
        const tags = {};
        const keepTag = (name) => (result) => {
            tags[name] = result.etag;
        };

        const all = [
            ["about", null, (done) => lrs.about({ callback: done })],
            ["saveStatement", null, (done) => lrs.saveStatement(once, { callback: done })],
            ["saveStatement again", null, (done) => lrs.saveStatement(once, { callback: done })],
            ["saveStatement without an id", null, (done) =>
                lrs.saveStatement(statement({ unstamped: true }), { callback: done })],
            ["saveStatement that is wrong", 400, (done) => lrs.saveStatement(bad, { callback: done })],
            ["saveStatements", null, (done) => lrs.saveStatements(twice, { callback: done })],
            ["retrieveStatement", null, (done) => lrs.retrieveStatement(once.id, { callback: done })],
            ["retrieveStatement that is unknown", 404, (done) =>
                lrs.retrieveStatement("00000000-0000-4000-8000-000000000000", { callback: done })],
            ["queryStatements", null, (done) =>
                lrs.queryStatements({ params: { agent: agent, limit: 2, ascending: true }, callback: done }),
                (result) => { page = result; }],
            ["moreStatements", null, (done) => lrs.moreStatements({ url: page.more, callback: done })],
            ["queryStatements with every filter", null, (done) =>
                lrs.queryStatements({
                    params: {
                        agent: agent, verb: verb, activity: activity, registration: REGISTRATION,
                        related_agents: true, related_activities: true,
                        since: "2015-01-01T00:00:00.000Z", until: "2100-01-01T00:00:00.000Z",
                        format: "ids", limit: 10,
                    },
                    callback: done,
                })],
            ["queryStatements over 2048 characters", null, (done) =>
                lrs.queryStatements({
                    params: { agent: agent, activity: new TinCan.Activity({ id: longId }) },
                    callback: done,
                })],
            ["saveStatement that voids", null, (done) => lrs.saveStatement(voiding, { callback: done })],
            ["retrieveStatement that is voided", 404, (done) =>
                lrs.retrieveStatement(once.id, { callback: done })],
            ["retrieveVoidedStatement", null, (done) =>
                lrs.retrieveVoidedStatement(once.id, { callback: done })],

            ["retrieveState before there is one", null, (done) =>
                lrs.retrieveState("resume", Object.assign({ callback: done }, attempt)),
                (result) => { if (result !== null && !settings.forms) { throw new Error("a state from nowhere"); } }],
            ["saveState", null, (done) =>
                lrs.saveState("resume", suspended, Object.assign({ contentType: "text/plain", callback: done }, attempt))],
            ["retrieveState", null, (done) => lrs.retrieveState("resume", Object.assign({ callback: done }, attempt)),
                (result) => {
                    if (result.contents !== suspended) { throw new Error("the state changed"); }
                    tags.state = result.etag;
                }],
            ["saveState over what was read", null, (done) =>
                lrs.saveState("resume", suspended + "2", Object.assign(
                    { contentType: "text/plain", lastSHA1: tags.state, callback: done }, attempt))],
            ["saveState of 20,000 characters", null, (done) =>
                lrs.saveState("suspend_data", "0123456789".repeat(2000), Object.assign(
                    { contentType: "text/plain", callback: done }, attempt))],
            ["saveState without a type", null, (done) =>
                lrs.saveState("bookmark", "slide 7", Object.assign({ callback: done }, about))],
            ["saveState of JSON", null, (done) =>
                lrs.saveState("progress", { slide: 7 }, Object.assign(
                    { contentType: "application/json", callback: done }, about))],
            ["saveState that merges", null, (done) =>
                lrs.saveState("progress", { volume: 3 }, Object.assign(
                    { contentType: "application/json", method: "POST", callback: done }, about))],
            ["retrieveState that was merged", null, (done) =>
                lrs.retrieveState("progress", Object.assign({ callback: done }, about)),
                (result) => {
                    // an old browser does not see that it is JSON
                    if (settings.forms) { return; }
                    if (result.contents.slide !== 7 || result.contents.volume !== 3) { throw new Error("not merged"); }
                }],
            ["retrieveStateIds", null, (done) => lrs.retrieveStateIds(Object.assign({ callback: done }, about))],
            ["retrieveStateIds since", null, (done) =>
                lrs.retrieveStateIds(Object.assign({ since: "2015-01-01T00:00:00.000Z", callback: done }, about))],
            ["dropState", null, (done) => lrs.dropState("bookmark", Object.assign({ callback: done }, about))],
            ["dropState of all", null, (done) => lrs.dropState(null, Object.assign({ callback: done }, attempt))],

            ["retrieveActivity", null, (done) => lrs.retrieveActivity(activity.id, { callback: done })],
        ];
        for (const [kind, about] of [["Activity", { activity: activity }], ["Agent", { agent: agent }]]) {
            const json = { contentType: "application/json" };
            all.push(
                [`retrieve${kind}Profile before there is one`, null, (done) =>
                    lrs[`retrieve${kind}Profile`]("preferences", Object.assign({ callback: done }, about))],
                [`save${kind}Profile`, null, (done) =>
                    lrs[`save${kind}Profile`]("preferences", { audio: "on" }, Object.assign({ callback: done }, json, about))],
                [`save${kind}Profile blindly`, 412, (done) =>
                    lrs[`save${kind}Profile`]("preferences", { audio: "off" }, Object.assign({ callback: done }, json, about))],
                [`retrieve${kind}Profile`, null, (done) =>
                    lrs[`retrieve${kind}Profile`]("preferences", Object.assign({ callback: done }, about)), keepTag(kind)],
                [`save${kind}Profile over what was read`, null, (done) =>
                    lrs[`save${kind}Profile`]("preferences", { audio: "off" }, Object.assign(
                        { lastSHA1: tags[kind], callback: done }, json, about))],
                [`save${kind}Profile over what is gone`, 412, (done) =>
                    lrs[`save${kind}Profile`]("preferences", { audio: "louder" }, Object.assign(
                        { lastSHA1: tags[kind], callback: done }, json, about))],
                [`retrieve${kind}ProfileIds`, null, (done) =>
                    lrs[`retrieve${kind}ProfileIds`](Object.assign({ callback: done }, about))],
                [`drop${kind}Profile`, null, (done) =>
                    lrs[`drop${kind}Profile`]("preferences", Object.assign({ callback: done }, about))]
            );
        }
        if (!settings.forms) {  // old browsers cannot send attachments
            const read = (expected) => (result) => {
                const found = result.attachments.map((one) => one.getContentAsString());
                if (found.join() !== expected.join()) { throw new Error(`got ${found}`); }
            };
            const withContent = (sid) => (done) =>
                lrs.retrieveStatement(sid, { params: { attachments: true }, callback: done });
            all.push(
                ["saveStatement with an attachment", null, (done) => lrs.saveStatement(noted, { callback: done })],
                ["retrieveStatement with its attachment", null, withContent(noted.id), read(["what I noted, é"])],
                ["saveStatement with two attachments", null, (done) => lrs.saveStatement(notedTwice, { callback: done })],
                ["retrieveStatement with two attachments", null, withContent(notedTwice.id), read(["first note", "second"])],
                ["queryStatements with attachments", null, (done) =>
                    lrs.queryStatements({ params: { attachments: true, limit: 2 }, callback: done }),
                    (result) => {
                        if (result.statements[0].attachments.length !== 2) { throw new Error("no attachments"); }
                    }]
            );
        }
        return all.map(([name, error, call, check]) => ({
            name,
            // an old browser sees no status, so TinCanJS takes every refusal for a 400
            error: settings.forms && (error || name.endsWith("before there is one")) ? 400 : error,
            run: () => new Promise((resolve) => call((err, result) => resolve({ err, result }))),
            check,
        }));
    }

    where.tincanjs = steps;
})(typeof module === "undefined" ? window : module.exports);
