/** Name of the template's parameter for the subnets of an existing VPC. */
export const subnetsParameter = 'SubnetIds';
