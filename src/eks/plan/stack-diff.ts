import { awsError } from '../../aws/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';
import { stackName, tagsOf } from '../names.ts';
import { stackParameters } from '../stack/stack-parameters.ts';
import type { StackState } from '../stack/stack-state.ts';
import type { StackWork } from '../stack/stack-work.ts';
import { toolkitFor } from '../stack/toolkit.ts';
import { type Template, withAssembly } from '../template/assembly.ts';
import { replacementsOf, replacementsText, type TemplateDiff } from './replacements.ts';

/** What creating a stack would make: how many resources of each type, most first. */
export function contentsOf(template: Template): string[] {
  const counts = new Map<string, number>();
  for (const { Type } of Object.values(template.Resources)) counts.set(Type, (counts.get(Type) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([type, count]) => `${count} × ${type}`);
}

/** How a stack that exists differs from what the file asks for, one line per change; empty if it does not. */
export async function stackDifferences(work: StackWork, state: StackState): Promise<string[]> {
  const { topology, spec } = work;
  const diffs = await templateDiffs(work);
  const replaced = replacementsOf(diffs);
  return [
    ...diffs.flatMap(diffLines),
    ...(replaced.length > 0
      ? [`up refuses to replace these without --allow-replacement: ${replacementsText(replaced)}`]
      : []),
    ...valueDifferences(await stackParameters(work), state.parameters),
    ...settingDifferences(topology.name, spec, state),
  ];
}

/** Of parameters that the stack has already; what is new or gone is the template's difference. */
function valueDifferences(
  wanted: Readonly<Record<string, string>>,
  present: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => present[name] !== undefined && present[name] !== value)
    .map(([name, value]) => `change parameter ${name}: ${shown(present[name])} → ${shown(value)}`);
}

/** How the stack's template differs from what the file asks for. Throws AWS_REFUSED. */
export async function templateDiffs({ topology, spec, account, handle }: StackWork): Promise<TemplateDiff[]> {
  const stack = stackName(topology.name, spec.name);
  return withAssembly(topology, spec, async (directory) => {
    const { DiffMethod } = await import('@aws-cdk/toolkit-lib');
    const toolkit = await toolkitFor(account, handle);
    try {
      const source = await toolkit.fromAssemblyDirectory(directory);
      const diffs = await toolkit.diff(source, { method: DiffMethod.TemplateOnly() });
      return Object.values(diffs);
    } catch (error) {
      throw awsError(error, `comparing stack ${stack}`);
    }
  });
}

/** CloudFormation's own words for what an update does to a resource. */
const impacts: Readonly<Record<string, string>> = {
  WILL_REPLACE: ', which replaces it',
  MAY_REPLACE: ', which may replace it',
  WILL_DESTROY: ', which deletes it',
};

function diffLines(diff: TemplateDiff): string[] {
  const lines: string[] = [];
  diff.resources.forEachDifference((id, change) => {
    const what = `${id} (${change.newResourceType ?? change.oldResourceType})`;
    if (change.isAddition) lines.push(`add ${what}`);
    else if (change.isRemoval) lines.push(`remove ${what}`);
    // Said once for the stack, whose tags every resource bears.
    else
      for (const [path, property] of Object.entries(change.propertyUpdates))
        if (path !== 'Tags')
          lines.push(
            `change ${what} ${path}: ${shown(property.oldValue)} → ${shown(property.newValue)}${impacts[change.changeImpact] ?? ''}`,
          );
  });
  diff.parameters.forEachDifference((id) => void lines.push(`change parameter ${id}`));
  diff.outputs.forEachDifference((id) => void lines.push(`change output ${id}`));
  return lines;
}

const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

function settingDifferences(mesh: string, spec: EksClusterSpec, state: StackState): string[] {
  const wanted = tagsOf(mesh, spec);
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(state.tags)])].sort();
  const tags = keys
    .filter((key) => wanted[key] !== state.tags[key])
    .map((key) => `change tag ${key}: ${shown(state.tags[key])} → ${shown(wanted[key])}`);
  if (state.terminationProtection === spec.terminationProtection) return tags;
  return [
    ...tags,
    `change termination protection: ${state.terminationProtection} → ${spec.terminationProtection}`,
  ];
}
