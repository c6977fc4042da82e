/** Who can mend an error: the author of the file or flags, the machine, a provider (cloud or node launcher), or us. */
export type ErrorSource = 'user' | 'environment' | 'provider' | 'bug' | 'interrupted' | 'verdict';

/**
 * Every code that isthmus can end with. Codes are stable: never rename one, never use one again for
 * something else. docs/codes.md is made from this table.
 */
export const codes = {
  // user: the file or the flags are wrong (exit 2)
  FLAGS_INVALID: { source: 'user', title: 'a flag or argument is wrong' },
  MESH_FILE_MISSING: { source: 'user', title: 'the mesh file does not exist' },
  MESH_FILE_UNREADABLE: { source: 'user', title: 'the mesh file cannot be read' },
  MESH_FILE_SYNTAX: { source: 'user', title: 'the mesh file is not valid YAML' },
  MESH_FILE_INVALID: { source: 'user', title: 'the mesh file describes something that cannot work' },
  MESH_FILE_EXISTS: { source: 'user', title: 'a file that would be overwritten exists' },
  CONFIRMATION_MISSING: { source: 'user', title: 'nobody confirmed that clusters of others may be emptied' },
  ISTIO_FOREIGN: { source: 'user', title: 'a cluster has an Istio that isthmus did not make' },
  ISTIO_MINOR_SKIPPED: {
    source: 'user',
    title: 'a change of Istio’s version would skip a minor version',
  },
  FOLDER_FOREIGN: { source: 'user', title: 'a folder that isthmus would use has the files of others' },
  CHECK_UNKNOWN: { source: 'user', title: 'no check has that name' },
  CONTEXT_UNKNOWN: { source: 'user', title: 'a kubeconfig or one of its contexts does not exist' },
  KUBECONFIG_INVALID: { source: 'user', title: 'a kubeconfig cannot be read or merged' },
  AWS_ACCOUNT_MISMATCH: {
    source: 'user',
    title: 'AWS credentials belong to another account than the file names',
  },
  REPLACEMENT_REFUSED: {
    source: 'user',
    title: 'a change would replace what a cluster stands on, and nobody agreed to it',
  },
  ROTATION_UNDER_WAY: { source: 'user', title: 'a rotation of the mesh’s root is under way' },
  DRILL_UNKNOWN: { source: 'user', title: 'no drill has that name' },
  DRILL_UNDER_WAY: { source: 'user', title: 'a drill is under way on the mesh, or was never undone' },
  CA_FOREIGN: {
    source: 'user',
    title: 'a cluster’s certificate authority is not of the mesh’s root, or not isthmus’ to replace',
  },
  CA_INVALID: { source: 'user', title: 'a supplied certificate authority cannot anchor the mesh' },

  // environment: this machine lacks something (exit 3)
  ROOT_REQUIRED: { source: 'environment', title: 'root rights are needed' },
  TOOL_MISSING: { source: 'environment', title: 'a program that isthmus needs is not installed' },
  FILE_DENIED: { source: 'environment', title: 'this user may not read or write a file or folder' },
  FILE_FAILED: { source: 'environment', title: 'a file or folder cannot be used' },
  DISK_FULL: { source: 'environment', title: 'the disk is full' },
  CACHE_CORRUPT: { source: 'environment', title: 'a cached file is not what it should be' },
  DOWNLOAD_FAILED: { source: 'environment', title: 'a download failed' },
  CHARTS_UNAVAILABLE: {
    source: 'environment',
    title: 'the charts of the Istio that the file names cannot be had',
  },
  CHECKSUM_MISMATCH: { source: 'environment', title: 'a download is not the file that was pinned' },
  BUILD_FAILED: { source: 'environment', title: 'a tool could not be built' },
  ADDRESS_IN_USE: { source: 'environment', title: 'an address or port is in use' },
  KERNEL_UNSUPPORTED: {
    source: 'environment',
    title: 'the kernel lacks something that a local cluster needs',
  },
  AWS_CREDENTIALS_MISSING: { source: 'environment', title: 'there are no usable AWS credentials' },
  CA_KEY_MISSING: {
    source: 'environment',
    title: 'a certificate authority is due and the root’s key is not at hand',
  },
  CA_UNKNOWN: {
    source: 'environment',
    title: 'nobody can say which root the mesh has, as clusters cannot be looked at',
  },
  LOCK_HELD: { source: 'environment', title: 'another isthmus is at work on the same thing' },

  // provider: a cluster, its API or a cloud failed (exit 4)
  PROCESS_FAILED: { source: 'provider', title: 'a program ended with an error' },
  TIMED_OUT: { source: 'provider', title: 'something did not become ready in time' },
  NODE_FAILED: { source: 'provider', title: 'a local node could not be started' },
  RANGES_UNKNOWN: {
    source: 'provider',
    title: 'nobody knows from which addresses a cluster reaches its peers',
  },
  CLUSTER_UNREACHABLE: { source: 'provider', title: 'a cluster’s API server does not answer' },
  API_REFUSED: { source: 'provider', title: 'a cluster’s API server refused a request' },
  PORT_CLOSED: { source: 'provider', title: 'a port of a pod cannot be reached from the API server' },
  REMOVE_INCOMPLETE: { source: 'provider', title: 'something is left after removal' },
  STACK_FOREIGN: {
    source: 'user',
    title: 'a CloudFormation stack or an EKS cluster of that name is not this mesh’s',
  },
  STACK_FAILED: { source: 'provider', title: 'a CloudFormation stack failed' },
  AWS_REFUSED: { source: 'provider', title: 'AWS refused a request' },

  // verdict: the work was done and what it showed is not good (exit 1)
  ROTATION_BLOCKED: { source: 'verdict', title: 'a rotation cannot go on as things are; nothing was broken' },
  DRILL_BLOCKED: { source: 'verdict', title: 'a drill cannot begin as things are; nothing was changed' },
  DRILL_BROKEN_OFF: { source: 'verdict', title: 'a drill was ended before its time, and undone' },
  CHECKS_FAILED: { source: 'verdict', title: 'a check failed or was inconclusive' },

  INTERRUPTED: { source: 'interrupted', title: 'interrupted' },
  BUG: { source: 'bug', title: 'a defect in isthmus' },
} as const satisfies Record<string, { source: ErrorSource; title: string }>;

/** A stable name of what went wrong, such as `CLUSTER_UNREACHABLE`; docs/codes.md lists them all. */
export type ErrorCode = keyof typeof codes;

const exits: Record<ErrorSource, number> = {
  verdict: 1,
  user: 2,
  environment: 3,
  provider: 4,
  bug: 70,
  interrupted: 130,
};

/** The process exit code for an error's source. */
export function exitCodeOf(source: ErrorSource): number {
  return exits[source];
}
