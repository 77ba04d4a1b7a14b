// Every call of @xapi/xapi that reaches a record store, each with the error status that it must
// get (null when it must succeed). Runs in node and in a page.
"use strict";

(function (where) {
    const REGISTRATION = "0ad7f1f5-4d0f-4f6b-a0a5-0d1cf9bd0c3c";

    function steps(XAPI, settings) {
        const lrs = new XAPI({
            endpoint: settings.endpoint,
            auth: XAPI.toBasicAuth(settings.key, settings.secret),
            version: settings.version,
            adapter: settings.adapter,
        });
        const newer = settings.version.startsWith("2");
        const agent = { objectType: "Agent", name: "Bo Example", mbox: "mailto:bo@example.org" };
        const activityId = "https://content.example.org/course/é";
        const statement = (more) =>
            Object.assign(
                {
                    actor: agent,
                    verb: XAPI.Verbs.COMPLETED,
                    object: {
                        objectType: "Activity",
                        id: activityId,
                        definition: { name: { "en-US": "Coffee ☕" }, type: "http://adlnet.gov/expapi/activities/course" },
                    },
                    context: { registration: REGISTRATION },
                },
                more
            );
        const bytes = (text) => new TextEncoder().encode(text).buffer;
        const attachment = (text, sha2) => ({
            usageType: "https://example.org/usage/note",
            display: { "en-US": "A note" },
            contentType: "text/plain",
            length: bytes(text).byteLength,
            sha2,
        });
        const one = attachment("first note", settings.sha2("first note"));
        const two = attachment("second", settings.sha2("second"));
        const sent = {};
        const keep = (name) => (answer) => { sent[name] = answer; };
        const tag = (name) => sent[name].headers.etag;
        const state = { agent, activityId, stateId: "bookmark" };

        const all = [
            ["getAbout", null, () => lrs.getAbout()],
            ["sendStatement", null, () => lrs.sendStatement({ statement: statement() }), keep("one")],
            ["sendStatement that is wrong", 400, () =>
                lrs.sendStatement({ statement: statement({ verb: { id: "not an iri" } }) })],
            ["sendStatements", null, () => lrs.sendStatements({ statements: [statement(), statement()] }), keep("two")],
            ["getStatement", null, () => lrs.getStatement({ statementId: sent.one.data[0] })],
            ["getStatement canonical", null, () =>
                lrs.getStatement({ statementId: sent.one.data[0], format: "canonical" })],
            ["getStatements", null, () => lrs.getStatements({ limit: 2, ascending: true }), keep("page")],
            ["getMoreStatements", null, () => lrs.getMoreStatements({ more: sent.page.data.more })],
            ["getStatements with every filter", null, () =>
                lrs.getStatements({
                    agent, verb: XAPI.Verbs.COMPLETED.id, activity: activityId, registration: REGISTRATION,
                    related_activities: true, related_agents: true, format: "ids", limit: 5, ascending: true,
                    since: "2015-01-01T00:00:00.000Z", until: "2100-01-01T00:00:00.000Z",
                })],
            ["voidStatement", null, () => lrs.voidStatement({ actor: agent, statementId: sent.one.data[0] })],
            ["getVoidedStatement", null, () => lrs.getVoidedStatement({ voidedStatementId: sent.one.data[0] })],
            ["getStatement that is voided", 404, () => lrs.getStatement({ statementId: sent.one.data[0] })],
            ["voidStatements", null, () => lrs.voidStatements({ actor: agent, statementIds: sent.two.data })],

            ["getState before there is one", 404, () => lrs.getState(state)],
            ["createState", null, () => lrs.createState(Object.assign({ state: { slide: 7 } }, state))],
            ["createState that merges", null, () => lrs.createState(Object.assign({ state: { volume: 3 } }, state))],
            ["getState", null, () => lrs.getState(state), (answer) => {
                keep("state")(answer);
                if (answer.data.slide !== 7 || answer.data.volume !== 3) { throw new Error("not merged"); }
            }],
            ["setState blindly", newer ? 409 : null, () => lrs.setState(Object.assign({ state: { slide: 8 } }, state))],
            ["getState again", null, () => lrs.getState(state), keep("state")],
            ["setState over what was read", null, () =>
                lrs.setState(Object.assign({ state: "slide 9", contentType: "text/plain", etag: tag("state"), matchHeader: "If-Match" }, state))],
            ["setState with a registration", null, () =>
                lrs.setState(Object.assign({ registration: REGISTRATION, state: { slide: 1 } }, state))],
            ["getStates", null, () => lrs.getStates({ agent, activityId })],
            ["getStates with a registration", null, () =>
                lrs.getStates({ agent, activityId, registration: REGISTRATION, since: "2015-01-01T00:00:00.000Z" })],
            ["deleteState", null, () => lrs.deleteState(state)],
            ["deleteStates", null, () => lrs.deleteStates({ agent, activityId })],

            ["getActivity", null, () => lrs.getActivity({ activityId })],
            ["getAgent", null, () => lrs.getAgent({ agent })],
        ];
        for (const [kind, about] of [["ActivityProfile", { activityId }], ["AgentProfile", { agent }]]) {
            const named = Object.assign({ profileId: "preferences" }, about);
            all.push(
                [`get${kind} before there is one`, 404, () => lrs[`get${kind}`](named)],
                [`set${kind}`, null, () =>
                    lrs[`set${kind}`](Object.assign({ profile: { audio: "on" }, etag: "*", matchHeader: "If-None-Match" }, named))],
                [`set${kind} blindly`, 412, () =>
                    lrs[`set${kind}`](Object.assign({ profile: { audio: "off" }, etag: "*", matchHeader: "If-None-Match" }, named))],
                [`create${kind} that merges`, null, () => lrs[`create${kind}`](Object.assign({ profile: { video: "on" } }, named))],
                [`get${kind}`, null, () => lrs[`get${kind}`](named), keep(kind)],
                [`set${kind} over what was read`, null, () =>
                    lrs[`set${kind}`](Object.assign({ profile: "plain", contentType: "text/plain", etag: tag(kind), matchHeader: "If-Match" }, named))],
                [`get${kind}s`, null, () => lrs[`get${kind}s`](Object.assign({ since: "2015-01-01T00:00:00.000Z" }, about))],
                [`delete${kind} that has changed`, 412, () => lrs[`delete${kind}`](Object.assign({ etag: tag(kind) }, named))],
                [`delete${kind}`, null, () => lrs[`delete${kind}`](named)]
            );
        }
        // In node, axios puts a content type of its own in the place of multipart/mixed.
        if (settings.adapter === "fetch") {
            all.push(
                ["sendStatement with an attachment", null, () =>
                    lrs.sendStatement({ statement: statement({ attachments: [one] }), attachments: [bytes("first note")] }),
                    keep("noted")],
                ["getStatement with its attachment", null, () =>
                    lrs.getStatement({ statementId: sent.noted.data[0], attachments: true }),
                    (answer) => {
                        if (answer.data[1] !== "first note") { throw new Error(`got ${answer.data[1]}`); }
                    }],
                ["sendStatements with two attachments", null, () =>
                    lrs.sendStatements({
                        statements: [statement({ attachments: [one] }), statement({ attachments: [two] })],
                        attachments: [bytes("first note"), bytes("second")],
                    })],
                ["getStatements with attachments", null, () => lrs.getStatements({ attachments: true, limit: 2 }),
                    (answer) => {
                        if (answer.data.length !== 3) { throw new Error(`got ${answer.data.length} parts`); }
                    }]
            );
        }
        return all.map(([name, error, call, check]) => ({
            name,
            // with fetch, a refusal comes as an error without its status
            error: settings.adapter === "fetch" && error ? "refused" : error,
            run: () =>
                Promise.resolve().then(call).then(
                    (result) => ({ err: null, result }),
                    (failure) => ({ err: failure.response ? failure.response.status : "refused", result: null })
                ),
            check,
        }));
    }

    where.xapi_js = steps;
})(typeof module === "undefined" ? window : module.exports);
