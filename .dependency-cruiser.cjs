const { version } = require('typescript');

// It reads sources by a compiler before 7. With any other it would find no module, and so nothing wrong.
if (Number.parseInt(version, 10) >= 7)
  throw new Error(`dependency-cruiser cannot read by TypeScript ${version}`);

/**
 * Rooms by level, lowest first. A room imports only from lower levels, never from its own level,
 * and another room is entered only through its index.ts.
 */
const levels = [
  ['errors'],
  ['files'],
  ['topology', 'process', 'report'],
  ['kubernetes', 'pki', 'aws', 'ui', 'toolchain'],
  ['provider', 'custody'],
  ['eks', 'local', 'existing', 'istio', 'load'],
  ['checks', 'bundle'],
  ['drills', 'rotation'],
  ['mesh'],
  ['dashboard'],
  ['cli'],
];

const upward = levels.flatMap((rooms, level) =>
  rooms.map((room) => ({
    name: `${room}-imports-only-downwards`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: {
      path: `^src/(${
        levels
          .slice(level)
          .flat()
          .filter((other) => other !== room)
          .join('|') || 'none'
      })/`,
    },
  })),
);

/**
 * Arrows that must not be within a room: what others use knows nothing of those that use it.
 * Each is [sub-folders that import, sub-folders that they must not import], as regular expressions.
 */
const within = {
  checks: [
    ['engine|facts', '(?!engine/|facts/).*'],
    // istiod's memory is one fact of two checks.
    ['remotes', 'clusters|gateways|trust|config|services|traffic'],
    ['clusters', 'istiod|gateways|remotes|trust|config|services|traffic'],
    ['istiod', 'clusters|gateways|remotes|trust|config|services|traffic'],
    ['gateways', 'clusters|istiod|remotes|trust|config|services|traffic'],
    ['trust', 'clusters|istiod|gateways|remotes|config|services|traffic'],
    ['config', 'clusters|istiod|gateways|remotes|trust|services|traffic'],
    ['services', 'clusters|istiod|gateways|remotes|trust|config|traffic'],
    ['traffic', 'clusters|istiod|gateways|remotes|trust|config|services'],
  ],
  istio: [
    ['observe', 'install|probes'],
    ['endpoints', 'install|remotes|trust|probes'],
    ['probes', 'install|remotes|trust|endpoints'],
    ['trust|install', 'endpoints|probes'],
    ['remotes', 'probes'],
    ['services', 'endpoints|remotes|trust|probes'],
  ],
  eks: [
    ['network', 'audit|load-balancers|plan|sign-in|stack|template'],
    ['template', 'audit|load-balancers|plan|sign-in|stack'],
    ['sign-in|load-balancers', 'audit|network|plan|stack|template'],
    ['stack', 'audit|plan'],
  ],
  local: [
    ['addresses', 'host|load-balancer|node'],
    ['host', 'load-balancer|node'],
  ],
  kubernetes: [
    // `client/client.ts` compares what it would apply by `apply/diff.ts`, which imports nothing of the room.
    ['client', 'apply/(?!diff\\.ts)'],
    ['kubeconfig', 'apply|client'],
  ],
  topology: [
    ['schema', 'document|rules'],
    ['rules', 'document'],
  ],
  mesh: [
    ['session', 'build|lease|operations|plan|removal|renewal|trust|view'],
    ['lease', 'build|operations|plan|removal|renewal|trust'],
    ['trust', 'build|operations|plan|removal'],
    ['plan', 'build|operations|removal'],
    ['build', 'operations|removal|renewal'],
    ['removal', 'build|operations|plan|trust'],
    ['renewal', 'build|operations|plan|removal'],
    ['view', 'build|lease|operations|plan|removal|renewal|session|trust'],
  ],
  drills: [['frame', '(?!frame/)[^/]+/']],
  rotation: [['gates', 'phases/']],
  ui: [
    ['text', 'reporters|views'],
    ['views', 'reporters'],
  ],
  dashboard: [
    // What runs in the browser knows nothing of what runs here but the state that it is sent.
    ['client', '(?!client/|state/).*'],
    ['state', '(?!state/).*'],
    ['page', 'client|collect|server'],
    ['collect', 'client|page'],
  ],
};

const arrowsWithin = Object.entries(within).flatMap(([room, arrows]) =>
  arrows.map(([from, to]) => ({
    name: `within-${room}-${from.replaceAll('|', '-')}`,
    severity: 'error',
    from: { path: `^src/${room}/(${from})/` },
    to: { path: `^src/${room}/(${to})` },
  })),
);

const pure = (room) => ({
  name: `${room}-is-pure`,
  comment: 'no network and no child process in a pure room',
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^(node:)?(net|tls|http|https|http2|dns|dgram|child_process)$|^execa$|^src/process/|node_modules/execa/',
  },
});

module.exports = {
  forbidden: [
    ...upward,
    ...arrowsWithin,
    {
      name: 'only-commands-draw',
      comment: 'operations return values; a command chooses how they look',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|dashboard|ui)/' },
      to: { path: '^src/ui/' },
    },
    {
      name: 'enter-rooms-through-index',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...['topology', 'pki', 'ui'].map(pure),
    {
      name: 'templates-call-no-aws',
      comment: 'a template is made without credentials and without a network',
      severity: 'error',
      from: { path: '^src/eks/template/' },
      to: { path: '^src/aws/' },
    },
    {
      name: 'only-mesh-knows-every-provider',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(mesh|eks|local|existing|[^/]+\\.ts$)' },
      to: { path: '^src/(eks|local|existing)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
