// Runs the steps of one client: each is announced, run, and compared with what it must give.
"use strict";

(function (where) {
    // A library that chokes on an answer never calls back.
    const silence = () => new Promise((_, reject) => setTimeout(() => reject(new Error("never called back")), 5000));

    async function run(steps, announce) {
        const told = [];
        for (const step of steps) {
            await announce(step.name);
            let why = null;
            try {
                const { err, result } = await Promise.race([step.run(), silence()]);
                if (err !== step.error) { throw new Error(`gave ${err}, expected ${step.error}`); }
                if (step.check) { step.check(result); }
            } catch (error) {
                why = String(error);
            }
            told.push({ call: step.name, why });
        }
        return told;
    }

    where.run = run;
})(typeof module === "undefined" ? window : module.exports);

// node run.js PACKAGES CLIENT ENDPOINT KEY SECRET VERSION ADAPTER [ANNOUNCE]
if (typeof module !== "undefined" && require.main === module) {
    const { createHash } = require("node:crypto");
    const { createRequire } = require("node:module");
    const [packages, client, endpoint, key, secret, version, adapter, announced] = process.argv.slice(2);
    const load = createRequire(`${packages}/`);
    const settings = {
        endpoint, key, secret, version, adapter,
        sha2: (text) => createHash("sha256").update(text).digest("hex"),
    };
    const library = client === "tincanjs" ? load("tincanjs") : load("@xapi/xapi");
    const steps = require(`./${client}.js`)[client](library.default || library, settings);
    process.on("uncaughtException", (error) => console.error(error.stack));
    const announce = (name) => announced && fetch(announced + encodeURIComponent(name));
    module.exports.run(steps, announce).then((told) => {
        process.stdout.write(JSON.stringify(told), () => process.exit());
    });
}
