/**
 * Every code of a note, beside those of errors: what is worth knowing and ends nothing. Codes are
 * stable: never rename one, never use one again for something else. docs/codes.md is made from
 * this table.
 */
export const noteCodes = {
  AUTHORITY_REPLACED: 'a cluster’s certificate authority is replaced, and why',
  CHECKSUM_UNPINNED:
    'no checksum of a download is pinned; the one that its publisher states was believed, and whose TLS that trusts',
  CLUSTERS_LEFT_OUT: 'some clusters failed; the others are linked without them',
  CLUSTER_DONE: 'one cluster after another is changed: one is done, and which follow',
  CLUSTER_LEFT_AS_IS: 'an up of named clusters leaves another one as it is, and what the file wants of it',
  CLUSTER_NOT_IN_FILE: 'a cluster exists that the file no longer has',
  CLUSTER_NOT_UNLINKED: 'a cluster is removed by force although another may still send requests there',
  DRILL_UNDONE: 'a drill that nobody ended is undone',
  FOLDER_NOT_OURS: 'a folder of the run directory stays, as others have files in it',
  ISTIOD_RESTARTED: 'an istiod cannot let go of a cluster that it is made to forget, and is restarted',
  OBJECT_NOT_OURS: 'an object is not removed, as it was there before isthmus',
  POD_NOT_INJECTED: 'a pod without proxy is made anew',
  PROCESS_HUNG: 'a process of a local node hangs and is started again',
  PROXY_CHOSEN: 'whether local clusters run Istio’s own images or the upstream Envoy, from where and why',
  REGIONS_AUDITED: 'in which regions that the file does not name leftovers were looked for',
  REGIONS_UNSEEN: 'in which regions leftovers could not be looked for',
  ROOT_UNAVAILABLE: 'the place of the root’s key cannot be asked, and nothing needs it now',
  ROTATION_LEFT_ALONE: 'up leaves the trust of a cluster alone, as a rotation of the root is under way',
  ROTATION_POSITION: 'where a rotation stands, as certificates show',
  ROTATION_WAY_BACK: 'whether a rotation can still be taken back',
  SERVICES_WITHHELD: 'routes to subsets wait until the clusters know them that an up leaves as they are',
  STACK_DRIFTED: 'something else changed a CloudFormation stack, and up does not undo it',
  STACK_DRIFT_UNSEEN: 'nobody could look whether a stack was changed by something else',
  STACK_RECREATED: 'a stack whose creation failed is deleted and created again',
  STACK_RESUMED: 'a stack is being changed already; up waits for that and goes on',
  TOKEN_SECRET_BOUND:
    'a cluster grants remote tokens too little time, so one that lives by a Secret was made',
  TOKEN_SHORTENED: 'a cluster granted a remote token for less time than asked for',
  TOOLCHAIN_WAITING: 'another isthmus fills the toolchain cache; this one waits for it',
  WORK_AWAITED: 'somebody else is at work on the mesh; this run waits for the end of that',
  WORK_TAKEN_OVER: 'who was at work on the mesh is gone without having said so; this run goes on',
  WORK_UNANNOUNCED: 'others are not kept from a cluster, as its lease cannot be taken',
} as const satisfies Record<string, string>;

/** A stable name of what is worth knowing, such as `STACK_DRIFTED`; docs/codes.md lists them all. */
export type NoteCode = keyof typeof noteCodes;
