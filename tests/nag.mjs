// Runs cdk-nag's AwsSolutions pack over a finished template, as AWS would hold it against its own rules.
//
//   node tests/nag.mjs TEMPLATE SUPPRESSIONS
//
// SUPPRESSIONS is a list of {rule, resources, finding?, reason}: `resources` is a pattern of logical ids, `finding` one of what is found.
// Prints a line for every finding that none of them covers, and for every suppression that covers nothing; exit code 1 if there is one.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aspects, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks } from 'cdk-nag';

const [template, suppressionsFile] = process.argv.slice(2);
const suppressions = JSON.parse(readFileSync(suppressionsFile, 'utf8'))
    .map(s => ({ ...s, used: false, ids: new RegExp(`^(?:${s.resources})$`), found: new RegExp(s.finding ?? '') }));
const problems = [];

const covers = (suppression, rule, id, finding) => suppression.rule === rule && suppression.ids.test(id) && suppression.found.test(finding);

const logger = {
    onCompliance() {},
    onSuppressed() {},
    onSuppressedError() {},
    onNotApplicable() {},
    onNonCompliance({ ruleId, resource, findingId, ruleInfo }) {
        const covering = suppressions.filter(s => covers(s, ruleId, resource.node.id, findingId));
        covering.forEach(s => { s.used = true; });
        if (covering.length === 0)
            problems.push(`${ruleId}${findingId ? `[${findingId}]` : ''} ${resource.node.id}: ${ruleInfo}`);
    },
    // What the pack can't tell is told here: a rule that could not be applied has found nothing.
    onError({ ruleId, resource, errorMessage }) {
        const covering = suppressions.filter(s => covers(s, ruleId, resource.node.id, errorMessage));
        covering.forEach(s => { s.used = true; });
        if (covering.length === 0)
            problems.push(`${ruleId} ${resource.node.id} could not be applied: ${errorMessage}`);
    },
};

const outdir = mkdtempSync(join(tmpdir(), 'limpid-nag-'));
try {
    const app = new App({ outdir });
    // Findings that nobody wrote down: the pack's own report would be a file more.
    Aspects.of(app).add(new AwsSolutionsChecks({ additionalLoggers: [logger], reports: false }));
    new CfnInclude(new Stack(app, 'Limpid', { synthesizer: new LegacyStackSynthesizer() }), 'Template', { templateFile: template });
    app.synth();
} finally {
    rmSync(outdir, { recursive: true, force: true });
}
for (const unused of suppressions.filter(s => !s.used))
    problems.push(`a suppression covers nothing any more: ${unused.rule} ${unused.resources}`);
for (const suppression of suppressions.filter(s => !s.reason))
    problems.push(`a suppression has no reason: ${suppression.rule} ${suppression.resources}`);
problems.sort().forEach(problem => console.log(problem));
process.exitCode = problems.length > 0 ? 1 : 0;
