/**
 * Rooms by level, lowest first. A room imports only from lower levels, never from its own level,
 * and another room is entered only through its index.ts.
 */
const levels = [
  ['errors'],
  ['files'],
  ['topology', 'process', 'report'],
  ['kubernetes', 'pki', 'ui', 'toolchain'],
  ['provider'],
  ['eks', 'local', 'existing', 'istio', 'load'],
  ['checks', 'bundle'],
  ['drills', 'rotation'],
  ['mesh'],
  ['cli', 'dashboard'],
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
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...['topology', 'pki', 'ui'].map(pure),
    {
      name: 'only-cli-draws',
      comment: 'the library returns values and emits events; what they look like is the command line’s',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|dashboard|ui)/' },
      to: { path: '^src/ui/' },
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
