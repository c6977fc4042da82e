export {
  type DashboardOptions,
  exportDashboard,
  openDashboard,
  type ServedDashboard,
} from './dashboard.ts';
